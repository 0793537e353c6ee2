"""Receipt words: what receipts call sums, payment and thanks, by language.

A receipt has few other words that tell its language: names of products and shops are
abbreviated, or in another language.
"""

import unicodedata
from collections.abc import Sequence

from ocr_core.page import Word
from ocr_core.text.quality import unmarked

# In small letters without accents, as a model of another language may read them. Words
# that receipts in several languages have, as "total", "cash back" or "visa", are no
# evidence; neither are "jalan" and "taman", in addresses of receipts in English.
RECEIPT_WORDS = {
    code: frozenset(words.split())
    for code, words in {
        "ces": "celkem castka hotove hotovost vraceno dph dekujeme nakup uctenka "
        "zaplaceno kuncem platba cena pokladna",
        "deu": "summe bar zurueck zuruck ruckgeld mwst steuer gegeben betrag danke "
        "dank ihren einkauf beleg kasse zahlung kartenzahlung gesamt netto brutto "
        "rechnung vielen zwischensumme gutschein pfand ust-id bediener",
        "eng": "cash change tax invoice thank you amount balance due receipt please "
        "again cashier qty price payment discount sales rounding welcome tendered "
        "item items server sale purchase paid tip "
        "description quantity shopping customer goods sold refund thanks",
        "fin": "yhteensa kateinen takaisin alv kiitos kuitti maksu ostos veroton",
        "fra": "especes rendu monnaie merci tva montant visite carte bancaire payer "
        "recu ttc ht caisse ticket client bientot achat quantite prix regle remise "
        "article articles sous-total reglement",
        "hun": "osszesen keszpenz visszajaro koszonjuk vasarlast nyugta afa fizetendo "
        "reszosszesen bankkartya vasarlas",
        "ind": "tunai kembali kembalian harga jumlah bayar dibayar pembayaran terima "
        "kasih selamat belanja npwp ppn pajak hemat anda diskon kasir struk tanggal "
        "tgl nota kunjungan layanan konsumen telp barang masuk keluar uang hubungi "
        "pembelian potongan pelanggan jual beli dikembalikan ditukar sudah",
        "ita": "totale contante contanti resto grazie arrivederci iva scontrino "
        "importo pagato pagamento documento commerciale prezzo subtotale "
        "cassa sconto visita complessivo vendita",
        "nld": "totaal subtotaal contant wisselgeld btw bedankt ziens pinnen bedrag "
        "betaald kassa bon korting aantal prijs betaling graag klant",
        "pol": "suma gotowka reszta ptu dziekujemy zapraszamy paragon fiskalny "
        "sprzedaz cena kasa rabat platnosc karta razem kasjer ponownie",
        "por": "dinheiro troco obrigado obrigada volte sempre iva nif valor pago "
        "cupom fiscal desconto pagamento cartao subtotal fatura preco compra "
        "qtde recebido",
        "ron": "suma numerar rest multumim tva bon fiscal achitat plata lei reducere",
        "spa": "efectivo cambio gracias iva importe visita compra tarjeta pago "
        "precio factura entregado descuento ticket cajero caja cliente vuelto recibo",
        "swe": "summa kontant tillbaka moms tack valkommen ater kvitto betalt "
        "betalning belopp totalt oppet",
        "tur": "toplam nakit kdv ustu para tesekkur ederiz fis topkdv tutar odeme "
        "kredi karti indirim fiyat tarih saat kasiyer",
        "vie": "tong cong tien mat thoi thua thanh toan cam on hoa don khach hang ban "
        "quy hen lai gia",
    }.items()
}
LEAST_FOUND = 2  # of these words
TIMES_OTHER = 2  # as many as of any other language
LEAST_SHARE = 0.08  # of the distinct words: other texts have some, too
MOST_WORDS = 150  # distinct ones on a receipt
PLAIN = str.maketrans("đıłßøæ", "dilsoa")


def receipt_language(words: Sequence[Word]) -> str:
    """Return the language of the words of a receipt; "" if it is none or in several."""
    texts = {plain(word.text) for word in words if any(map(str.isalpha, word.text))}
    if len(texts) > MOST_WORDS:
        return ""
    found = {code: len(texts & own) for code, own in RECEIPT_WORDS.items()}
    first, second = sorted(found, key=lambda code: -found[code])[:2]
    least = max(LEAST_FOUND, TIMES_OTHER * found[second], LEAST_SHARE * len(texts))
    return first if found[first] >= least else ""


def plain(text: str) -> str:
    """Return a word in small letters, without accents and the marks around it."""
    bare = unicodedata.normalize("NFD", unmarked(text).lower().translate(PLAIN))
    return "".join(each for each in bare if not unicodedata.combining(each))
