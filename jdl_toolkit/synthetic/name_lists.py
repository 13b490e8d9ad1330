"""Common names, most frequent first, from general knowledge of naming in England and Wales; nobody in particular.

Only lists: `names` turns ranks into frequencies. Surnames and forenames are combined at random there, so that a full
name is nobody's.
"""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


ENGLISH_SURNAMES = _words("""
Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green Hall
Wood Jackson Clarke Harris Clark Turner Hill Cooper Thomas Lewis Ward Morris Moore King Baker Harrison Morgan Allen
James Scott Phillips Watson Davis Parker Bennett Price Griffiths Young Martin Mitchell Cook Carter Richardson Bailey
Collins Shaw Bell Kelly Murphy Miller Cox Marshall Edwards Hughes Simpson Anderson Adams Lee Rogers Hunt Webb Foster
Palmer Mills Barnes Ellis Knight Chapman Powell Stevens Matthews Rose Gibson Butler Holmes Russell Barker Saunders
Fisher Reynolds Gray Pearson Howard Dixon Harvey Mason Fletcher Lloyd Rowe Lane Hart Perry Jenkins Day Andrews Brooks
Cole West Booth Spencer Carr Grant Dawson Hawkins Gardner Burton Payne Francis Lawson Elliott Stone Webster Cooke Hudson
Bradley Walsh Barrett Newman Austin Bird Lawrence Reid Riley Armstrong Black Watts Hayes Porter Stephenson Ford Atkinson
Wells Nicholson Field Peters Dean Pearce Long Coleman Page Chambers Hopkins Freeman Goodwin Bishop May Rhodes Hammond
Newton Frost Warren Burgess Arnold Barber Sutton Curtis Hunter Oliver Nelson Sharp Parsons Woods Bates Gilbert Read
Sanders Lowe Harding Franklin Bryant Holland Wilkinson Potter Gregory Kirk Parkin Ball Marsh Greenwood Hobbs Poole
Norris Bond Todd Carpenter Skinner Wade Bolton Bull Cross Short Gordon Banks Burke Cartwright Hewitt Owen Higgins Naylor
Rowley Barton Stanley Osborne Hodgson Crawford Norman Hutchinson Sykes Slater Lucas Barlow Fuller Watkins Nash Reeves
Gibbs Swift Fox Whitehead Crane Little Tucker Lamb Kemp Pratt Fowler Holt Dyer Brookes Farrell Hancock Hicks Wheeler
Moss Finch Bray Stephens Doyle Preston Steele Baxter Miles Garner Bowen Lynch Haynes Nixon Akers Noble Hodges Weston
Tyler Savage Bentley Blake Pritchard Birch Nicholls Byrne Wallis Giles Rogerson Dale Heath Vaughan Myers Abbott Storey
Vincent Manning Kent Power Benson Buckley Shepherd Leonard Herbert Goddard Hooper Thornton Waters Connolly Humphreys
Flynn Townsend Davidson Dunn Peacock Sheppard Faulkner Bradshaw Chandler Hardy Jarvis Leach Winter Randall Bartlett
""")

WELSH_SURNAMES = _words("""
Jones Davies Williams Evans Thomas Roberts Lewis Hughes Morgan Griffiths Edwards Owen James Rees Price Phillips Jenkins
Lloyd Morris Richards Powell Parry Rowlands Bowen Pugh Ellis Harris Howells Bevan Watkins Humphreys Pritchard Llewellyn
Prosser Vaughan Meredith Probert Gwyn Tudor Maddox Gough Beynon Hopkin Treharne Penry Eynon Mathias
""")

SCOTTISH_SURNAMES = _words("""
Smith Brown Wilson Campbell Stewart Thomson Robertson Anderson Macdonald Scott Reid Murray Taylor Clark Ross Watson
Morrison Paterson Young Mitchell Walker Fraser Miller McDonald Gray Henderson Hamilton Johnston Duncan Graham Ferguson
Kerr Davidson Bell Cameron Kelly Martin Hunter Allan Mackenzie Grant Simpson MacLeod Black Marshall Wallace Douglas
Sinclair Sutherland Munro Gibson McIntosh Gordon Kennedy Burns Craig Boyd Rennie Findlay McKay McLean McMillan
Buchanan Cunningham Drummond Farquhar Gillespie Haldane Innes Kinnear Lockhart Nisbet Ogilvie Pringle Ramsay Tennant
""")

IRISH_SURNAMES = _words("""
Murphy Kelly Walsh Byrne Ryan O'Brien O'Connor O'Neill O'Sullivan Doyle McCarthy Gallagher Doherty Kennedy Lynch Murray
Quinn Moore McLaughlin O'Carroll Connolly Daly O'Connell Wilson Dunne Brennan Burke Collins Clarke Johnston Hughes
O'Farrell Fitzgerald Brown Martin Maguire Nolan Flynn Thompson O'Callaghan O'Donnell Duffy O'Mahony Boyle Healy O'Shea
White Sweeney Hayes Kavanagh Power McGrath Moran Brady Stewart Casey Foley Fitzpatrick O'Leary McDonnell McMahon
Donnelly Regan Donovan Burns Flanagan Mullan Barry Kane Robinson Cunningham Griffin Kenny Sheehan Ward Whelan Lyons Reid
Graham Higgins Cullen Keane King Maher McKenna Bell Scott Hogan O'Keeffe Magee McNamara McDonald McDermott Moloney
O'Rourke Buckley O'Dwyer Rafferty Heaney Tierney Devlin Coyle Friel Boylan Rooney Geraghty Heffernan Joyce Delaney Ward
""")

EAST_EUROPEAN_SURNAMES = _words("""
Nowak Kowalski Wisniewski Wojcik Kowalczyk Kaminski Lewandowski Zielinski Szymanski Wozniak Dabrowski Kozlowski
Jankowski Mazur Kwiatkowski Krawczyk Kaczmarek Piotrowski Grabowski Zajac Pawlowski Michalski Krol Wieczorek Jablonski
Wrobel Nowakowski Majewski Olszewski Stepien Malinowski Jaworski Adamczyk Dudek Nowicki Pawlak Gorski Witkowski Walczak
Sikora Baran Rutkowski Michalak Szewczyk Ostrowski Tomaszewski Pietrzak Zalewski Wroblewski Marciniak Jasinski Sadowski
Popescu Ionescu Popa Radu Dumitru Stan Stoica Gheorghe Matei Ciobanu Rusu Munteanu Dinu Marin Tudor Constantin Serban
Lungu Moldovan Lazar Florea Kazlauskas Petrauskas Jankauskas Stankevicius Butkus Paulauskas Urbonas Navickas Ramanauskas
Berzins Kalnins Ozolins Jansons Liepins Krumins Ivanov Petrov Georgiev Dimitrov Nikolov Todorov Stoyanov Hristov Iliev
Novak Svoboda Novotny Dvorak Cerny Prochazka Horvath Kovacs Toth Nagy Szabo Varga Kiss Molnar Farkas Balogh Papp Lakatos
""")

MUSLIM_ASIAN_SURNAMES = _words("""
Khan Ahmed Hussain Ali Begum Mohammed Malik Akhtar Mahmood Shah Iqbal Miah Rahman Uddin Islam Hussein Mirza Chaudhry
Butt Sheikh Akram Hassan Aslam Rashid Nawaz Qureshi Javed Ashraf Hamid Raja Siddique Bashir Anwar Saleem Mughal Rehman
Khalid Yousaf Choudhury Arshad Ahmad Zaman Parveen Rafiq Younis Majid Shafiq Yaqub Karim Alam Haque Hoque Sultan Latif
Hanif Aziz Sarwar Farooq Tariq Abbas Bibi Ashfaq Bhatti Kausar Khatun Ullah Chowdhury Mahmud Kabir Kamal Haider Zafar
Afzal Waheed Naseem Gul Masood Shabir Talukdar Sarkar Awan Dar Janjua Kayani Khokhar Lodhi Nazir Osmani Pasha Quddus
""")

INDIAN_SURNAMES = _words("""
Patel Shah Sharma Kumar Desai Mistry Chauhan Parmar Joshi Solanki Mehta Thakor Gandhi Rao Reddy Nair Verma Gupta Lad
Pandya Thakkar Raval Trivedi Modi Bhatt Kapoor Chopra Malhotra Pillai Iyer Menon Das Ghosh Banerjee Bose Sen Agarwal
Rana Makwana Vaghela Naidu Tailor Gohil Lakhani Karia Popat Amin Bhandari Mishra Jain Kotecha Vyas Fernandes D'Souza
""")

SIKH_SURNAMES = _words("""
Singh Kaur Gill Sandhu Dhillon Sidhu Grewal Johal Dhaliwal Sahota Bains Atwal Bhogal Virdee Panesar Rai Purewal Mann
Chahal Kang Sangha Uppal Nijjar Hayer Samra Khaira Thandi Basra Cheema Randhawa Brar Deol Hundal Kalsi Lall Matharu
Sagoo Toor Aujla Birdi Chana Dhanda Flora Garcha Heer Jandu Landa Mangat Nagra Ojla Pannu Rehal Sehmi Takhar Ubhi
""")

CHINESE_SURNAMES = _words("""
Chen Li Wang Zhang Liu Lin Wong Chan Yang Huang Wu Zheng Cheung Lam Ho Leung Ng Lau Chow Tang Yip Tsang Nguyen Tran Le
Pham Hoang Vu Dang Bui Xu Zhao Zhou Sun Ma Zhu Guo Luo Liang Song Xie Han Feng Dong Cheng Cao Peng Zeng Xiao Pan Jiang
""")

WEST_AFRICAN_SURNAMES = _words("""
Adeyemi Okafor Mensah Owusu Boateng Asante Okeke Adebayo Ogunleye Eze Osei Appiah Addo Williams Johnson Olawale Nwosu
Okoro Adeleke Balogun Obi Amoah Agyeman Ansah Ofori Kamara Sesay Conteh Bangura Koroma Jalloh Bah Diallo Sow Camara
Ogunbanjo Oladipo Afolabi Akinola Ayodele Adewale Ojo Bello Ibrahim Musa Yusuf Danso Quaye Sarpong Yeboah Kwarteng
Antwi Darko Frimpong Gyamfi Nkrumah Opoku Tetteh Uche Nwachukwu Onyeka Chukwu Igwe Nnamdi Ezeani Ogbonna Udoh Effiong
Bassey Etim Ekpo Kalu Madu Odili Okonkwo Onuoha Umeh Fashola Babatunde Dosunmu Egbe Fadipe Gbadebo Idowu Kuti Lawal
""")

EAST_AFRICAN_SURNAMES = _words("""
Mohamed Ali Ahmed Hassan Abdi Omar Hussein Ibrahim Osman Yusuf Abdullahi Farah Warsame Jama Adan Nur Aden Ismail Mohamud
Abdulle Elmi Duale Hersi Egal Samatar Guled Dirie Gedi Tesfaye Gebre Haile Bekele Tekle Berhane Kidane Mulugeta Abebe
Ngugi Mwangi Kamau Otieno Ochieng Moyo Ncube Sibanda Ndlovu Dube Mpofu Banda Phiri Mugisha Okello Byaruhanga Kabongo
""")

MIDDLE_EASTERN_SURNAMES = _words("""
Ahmadi Hosseini Mohammadi Karimi Rezaei Rahimi Mahmoud Hassan Ibrahim Khalil Saleh Yilmaz Kaya Demir Celik Sahin Yildiz
Ozturk Aydin Arslan Dogan Kilic Aslan Cetin Kara Koc Kurt Ozdemir Polat Haddad Khoury Nasser Mansour Al-Hassan Al-Amin
Amiri Azizi Barzani Darwish Faraj Ghorbani Hamdan Jalali Kazemi Moradi Najafi Qasim Rasul Salih Talabani Wali Zand
""")

MALE_1930 = _words("""
John David William James Robert Peter Michael George Thomas Kenneth Ronald Brian Alan Raymond Derek Anthony Roy Dennis
Donald Charles Frank Arthur Eric Joseph Terence Albert Frederick Leonard Patrick Edward Gordon Keith Norman Harold
Stanley Barry Roger Richard Trevor Geoffrey Colin Malcolm Leslie Ernest Graham Bernard Victor Henry Douglas Alfred
Sidney Gerald Walter Jack Maurice Ivor Reginald Cyril Clifford Harry Clive Rodney Desmond Neville Bryan Francis Ralph
Wilfred Cecil Hugh Percy Stuart Philip Samuel Edwin Ivan
""")

MALE_1955 = _words("""
David John Stephen Michael Peter Paul Robert Alan Andrew Kevin Anthony Christopher Philip Ian Brian Keith Barry Graham
Colin Martin Mark Gary Nigel Trevor William Richard James Steven Neil Geoffrey Raymond Timothy Malcolm Kenneth Roger
Terence Derek Stuart Thomas Patrick Simon Gerald George Roy Dennis Clive Charles Nicholas Jonathan Adrian Russell
Francis Edward Joseph Ronald Donald Leslie Gordon Norman Frank Julian Terry Garry Glyn Howard Hugh Ivan Laurence Maurice
Rodney Tony Vincent Duncan Bruce Clifford Denis Desmond Eric Gareth Glenn
""")

MALE_1970 = _words("""
Paul David Andrew Mark Stephen Michael Robert Christopher Ian John James Richard Gary Darren Jason Simon Kevin Anthony
Matthew Neil Lee Peter Steven Martin Stuart Craig Philip Wayne Jonathan Daniel Adrian Nicholas Carl Timothy Alan Dean
Nigel Graham Colin Justin Scott Shaun William Karl Gareth Thomas Stewart Sean Antony Barry Russell Brian Damian Jeremy
Keith Duncan Trevor Patrick Warren Robin Julian Marc Nathan Edward Dominic Kenneth Garry Joseph Glenn Tony Terry
Raymond Alexander Ross Benjamin Spencer Guy Leigh Jamie Jeffrey Dale Vincent Clive Leon
""")

MALE_1980 = _words("""
Christopher James David Daniel Michael Matthew Andrew Richard Paul Mark Thomas Adam Robert John Lee Benjamin Steven
Jonathan Craig Stephen Simon Nicholas Peter Anthony Alexander Gary Ian Ryan Darren Joseph Philip Gareth Kevin Jamie
William Stuart Martin Neil Karl Samuel Scott Luke Shaun Jason Dean Carl Ashley Wayne Nathan Sean Aaron Edward Marc
Barry Graham Timothy Antony Charles Alan Dominic Adrian Patrick Russell Leon Damien Gavin Ross Lewis Kieran Leigh Joshua
Kyle Justin Glen Stewart Danny Liam Damian Ricky Kristian Robin Terry Warren Oliver Dale Clayton Duane
""")

MALE_1990 = _words("""
Thomas James Jack Daniel Matthew Ryan Joshua Luke Samuel Jordan Adam Michael Alexander Christopher Benjamin Joseph Liam
Jake William Andrew George Lewis Oliver David Robert Jamie Nathan Connor Jonathan Harry Callum Aaron Ashley Bradley
Jacob Kieran Scott Sam John Mark Kyle Ben Charlie Dominic Sean Charles Edward Reece Rhys Ross Shane Louis Elliot Dean
Alex Mitchell Conor Marcus Steven Stephen Shaun Danny Dale Brandon Billy Henry Tyler Lee Declan Peter Craig Curtis Kane
Max Leon Zachary Josh Corey Toby Richard Paul Patrick Dylan Cameron Mason Harrison Archie Ethan Joe Jay Blake Kai Finley
""")

FEMALE_1930 = _words("""
Margaret Jean Mary Patricia Sheila Barbara Joan Doreen June Shirley Dorothy Joyce Maureen Elizabeth Audrey Brenda
Kathleen Sylvia Eileen Pamela Betty Beryl Ann Irene Marjorie Janet Rita Ruth Jacqueline Christine Josephine Valerie
Hazel Norma Edna Gladys Hilda Iris Vera Phyllis Winifred Florence Evelyn Nora Olive Doris Ivy Elsie Marion Rose Anne
Judith Carol Gillian Wendy Jennifer Freda Muriel Monica Thelma
""")

FEMALE_1955 = _words("""
Susan Linda Christine Margaret Carol Jacqueline Janet Patricia Barbara Ann Sandra Pamela Pauline Jean Elizabeth Julie
Sheila Mary Lynn Jane Maureen Gillian Angela Hilary Lesley Deborah Helen Wendy Kathleen Sally Diane Karen Teresa Anne
Denise Judith Janice Valerie Jennifer Marion Brenda Rosemary Carole Elaine Marilyn Yvonne Catherine Alison Heather
Beverley Shirley Maria Frances Lynda Marie Theresa Dawn Jill Gail Irene
""")

FEMALE_1970 = _words("""
Susan Julie Karen Jacqueline Deborah Tracey Jane Helen Diane Sharon Tracy Angela Sarah Alison Caroline Amanda Sandra
Nicola Joanne Lisa Michelle Claire Samantha Dawn Lorraine Paula Donna Louise Maria Wendy Andrea Rachel Elizabeth Emma
Catherine Kerry Clare Rebecca Jennifer Beverley Mandy Lesley Anne Christine Jayne Debra Kim Kelly Victoria Heather
Maxine Cheryl Melanie Teresa Suzanne Tina Marie Vanessa Natalie Justine Tara Zoe Lynn Katherine Anna
""")

FEMALE_1980 = _words("""
Sarah Claire Emma Laura Rebecca Gemma Rachel Kelly Victoria Katherine Lisa Nicola Amy Jennifer Michelle Danielle Joanne
Samantha Louise Lindsay Stephanie Leanne Elizabeth Natalie Kerry Hayley Clare Donna Charlotte Kirsty Katie Jessica
Helen Jodie Lucy Stacey Zoe Kate Melissa Vicky Natasha Carly Anna Heather Hannah Amanda Alison Catherine Sara Melanie
Cheryl Tracy Karen Lauren Marie Maria Alexandra Kimberley Naomi Donna-Marie Kayleigh Christina Toni Lyndsey Tanya
""")

FEMALE_1990 = _words("""
Rebecca Lauren Jessica Charlotte Hannah Sophie Amy Emily Laura Emma Chloe Sarah Lucy Katie Bethany Jade Megan Danielle
Alice Abigail Olivia Rachel Stephanie Holly Samantha Georgia Kayleigh Natalie Victoria Jennifer Eleanor Kirsty Gemma
Natasha Zoe Hayley Leanne Elizabeth Ellie Shannon Paige Molly Kelly Grace Nicole Louise Chelsea Stacey Naomi Amber
Courtney Jodie Kimberley Melissa Alexandra Lydia Kate Ashleigh Harriet Anna Rosie Ella Amelia Mia Poppy Daisy Leah
Demi Kerry Tiffany Abbie Summer Jasmine Skye Tia Libby Keira Freya Lily Sian Robyn
""")

CARIBBEAN_MALE = _words("""
Michael Anthony David Leroy Winston Trevor Delroy Paul Errol Marcus Jermaine Andre Nathan Aaron Tyrone Carlton Desmond
Clive Dwayne Jerome Curtis Leon Damian Everton Neville Courtney Lloyd Devon Donovan Junior Kieran Rohan Omar Ricardo
Reuben Isaiah Elijah Malachi Tyrell Shaquille Kemar Romario Lamar Nathaniel Joel Jordan Daniel Joshua Christopher
""")

CARIBBEAN_FEMALE = _words("""
Sharon Marcia Beverley Yvonne Michelle Natasha Chantelle Simone Nadine Shanice Jasmine Tanisha Keisha Monique Latoya
Natalie Sandra Paulette Donna Lorna Claudette Venetia Rochelle Leanne Aaliyah Tiana Ebony Renee Danielle Rebecca Naomi
""")

WEST_AFRICAN_MALE = _words("""
Emmanuel Samuel Daniel David Michael Joseph Kwame Kofi Kwabena Kojo Tunde Segun Femi Kayode Oluwaseun Chukwuemeka Emeka
Chidi Ikechukwu Obinna Ayo Babatunde Dele Gbenga Kunle Wale Yaw Kwaku Nana Ibrahim Musa Mohamed Abu Sheku Lamin Ousman
Alhaji Prince Godfrey Felix Victor Isaac Benjamin Ebenezer Tobi Dami Temi Olu Uche Nnamdi
""")

WEST_AFRICAN_FEMALE = _words("""
Grace Comfort Blessing Mary Esther Patience Abena Akosua Ama Adwoa Yaa Efua Funmi Folake Bukola Yetunde Ngozi Chioma
Ifeoma Adaeze Amaka Oluwaseun Tolu Bisi Shade Fatmata Aminata Isatu Kadiatu Mariama Mercy Joyce Victoria Elizabeth
""")

MUSLIM_MALE = _words("""
Mohammed Ali Ahmed Imran Abdul Hassan Usman Tariq Asif Omar Adnan Bilal Zeeshan Kamran Amir Nadeem Shahid Hamza Waqas
Faisal Khalid Yasir Rizwan Sajid Wasim Ibrahim Yusuf Haroon Javed Arif Nasir Zahid Aamir Junaid Umar Shabir Tahir
Kashif Adeel Irfan Salman Atif Naveed Sohail Zubair Ismail Hussain Rashid Aftab Mahmood Iqbal Shafiq Jamal Abdullah
Mustafa Zain Haider Raheel Majid Farhan Aqib Sufyan Shakeel Anwar Rafiq Saeed Idris Dawud Khalil Karim Nazim Shah
""")

MUSLIM_FEMALE = _words("""
Fatima Aisha Nadia Saima Shazia Samina Zainab Nazia Rubina Farzana Sadia Maryam Khadija Sana Ayesha Shabana Yasmin
Tahira Shaheen Nasreen Parveen Salma Amina Halima Ruksana Razia Hafsa Iqra Sumaya Zara Noreen Uzma Bushra Kiran Nusrat
Sultana Rabia Humaira Shamim Rehana Nargis Farah Leila Hana Sofia Safiya Hibo Ifrah Hodan Sahra
""")

HINDU_MALE = _words("""
Rajesh Sanjay Amit Vijay Rakesh Suresh Anil Sunil Nilesh Kiran Mahesh Dinesh Ashok Ramesh Bharat Jayesh Hitesh Mitesh
Nikhil Rohan Ravi Deepak Anand Arun Vikram Rahul Kunal Sachin Prakash Mukesh Pravin Arjun Krishna Dev Jay Neel Kishan
""")

HINDU_FEMALE = _words("""
Priya Anita Sunita Meena Nisha Pooja Kavita Bhavna Hema Jyoti Rekha Sonal Neha Anjali Shilpa Hansa Usha Asha Kiran
Mina Daksha Ranjan Reena Seema Shreya Aarti Deepa Lata Geeta Radha Ila Ketan Maya Puja Rupal
""")

SIKH_FORENAMES = _words("""
Gurpreet Harpreet Manjit Jaswinder Sukhdev Balwinder Amarjit Kulwinder Rajinder Jagdeep Parminder Ranjit Surjit
Baljit Satnam Hardeep Mandeep Navdeep Sukhvinder Daljit Inderjit Kuldip Harjit Jasbir Narinder Gurdeep Tejinder Avtar
Kulvinder Lakhbir Maninder Palwinder Simran Jaspreet Kirandeep Amandeep Charanjit Davinder Iqbal Joginder
""")

EAST_EUROPEAN_MALE = _words("""
Piotr Krzysztof Tomasz Andrzej Marcin Pawel Michal Lukasz Adam Marek Grzegorz Jan Mariusz Dariusz Jakub Rafal Kamil
Robert Artur Wojciech Zbigniew Mateusz Daniel Sebastian Jaroslaw Slawomir Przemyslaw Adrian Dawid Damian Ion Andrei
Alexandru Mihai Florin Marius Cristian Gheorghe Vasile Ionut Mindaugas Darius Vytautas Tomas Andrius Janis Andris
Ivan Georgi Dimitar Nikolay Viktor Petr Jiri Laszlo Istvan Zoltan Attila Ferenc Milan Miroslav
""")

EAST_EUROPEAN_FEMALE = _words("""
Anna Katarzyna Agnieszka Malgorzata Monika Ewa Joanna Magdalena Justyna Aleksandra Karolina Natalia Marta Dorota Beata
Sylwia Elena Maria Ioana Andreea Mihaela Cristina Daniela Alina Rasa Inga Jurgita Kristine Ilze Ivana Petra Katalin
Eszter Veronika Lucia Zuzana Desislava Gergana Viktoria Olga
""")

IRISH_MALE = _words("""
Patrick Michael John James Thomas Sean Martin Kevin Declan Liam Brendan Kieran Conor Dermot Eamonn Gerard Noel Padraig
Seamus Aidan Brian Denis Fergal Niall Rory Colm Donal Finbar Cormac Eoin Diarmuid Tadhg Owen Barry Miles Bernard
""")

IRISH_FEMALE = _words("""
Mary Bridget Margaret Kathleen Noreen Siobhan Aoife Sinead Niamh Ciara Roisin Orla Grainne Deirdre Bernadette Eileen
Maeve Aisling Theresa Una Clodagh Fionnuala Nuala Breda Mairead Emer
""")

CHINESE_FORENAMES = _words("""
Wei Ming Jun Hui Xin Yan Ling Hong Jing Mei Kin Wai Chi Siu Ka Tai Minh Thanh Duc Anh Hung Tuan Van Thi Lan Hoa Bo
Feng Gang Hao Jian Kai Lei Ping Qiang Rong Tao Xiu Yong Zhen Peter David Jason Tony Michelle Amy Jenny
""")

MIDDLE_EASTERN_MALE = _words("""
Ali Mohammad Reza Hassan Hossein Mehdi Amir Ahmad Karwan Dilshad Rebin Hawre Mehmet Mustafa Ahmet Huseyin Ibrahim Murat
Osman Yusuf Kemal Emre Omar Khaled Mahmoud Tarek Samir Nabil Walid Ziad Farid Hamid Behrouz Kaveh Bahram Soran Azad
""")

MIDDLE_EASTERN_FEMALE = _words("""
Fatemeh Zahra Maryam Leila Sara Ayse Fatma Emine Elif Zeynep Hatice Nour Rania Huda Samira Shirin Nasrin Parisa Layla
Mona Dina Yasmin Rana Hanan Amal Shilan Tara Golnaz
""")

#: Beginnings and endings of place-like surnames, of which the long tail is composed.
PLACE_STEMS = _words("""
Ash Ald Apple Arn Ash Aver Bag Bald Ban Barn Beck Ben Berk Bick Bing Birk Black Blen Bor Brad Bram Bran Bren Brock Brom
Brough Buck Bur Cad Cal Can Carl Cat Chad Chal Char Ched Chil Clap Clay Cleve Cod Cold Cor Cot Cran Craw Cress Crom
Croft Cul Dag Dal Dar Den Der Did Don Dow Dray Drink Dud Dun Dur East Ed Eg El Elm Ems Er Fair Fal Farn Fel Fen Fern Fin
Fir Flax Fol Fos Frod Gar Gat Gil Glas Gold Gor Gras Grim Had Hal Ham Han Har Hart Has Hat Haw Hazel Heb Hel Hem Hes Hib
Hin Hol Hon Horn Hors Hough Hul Hun Ib Il Ing Ip Kel Ken Ket Kil Kim Kings Kirk Kit Lam Lan Lang Lath Led Len Lil Lin
Liv Lock Long Lud Lyn Mad Mal Man Mar Mel Mer Mid Mil Mos Mot Nap Neth New Nor Nun Oak Od Ol Or Os Ot Pad Pan Par Pem
Pen Pick Pil Pin Pol Pres Pud Quar Rad Ram Ran Raw Red Ren Rib Rick Ring Rip Roch Rod Rom Roth Row Rud Rush Sal Sand
Sax Scar Sed Sel Shaf Sher Shel Ship Shrews Sib Sil Skel Snel Som South Spal Stain Stan Staple Stock Strat Stud Sud
Swan Swin Tad Tam Tan Tar Tat Ted Thack Thorn Thur Til Tod Top Tot Trow Tud Ul Up Ux Wad Wal Wan War Was Wat Wed Wel
Wen Wes Wet Wheat Whit Wick Wil Win Wis Wol Wood Wor Wrag Wy Yar Yel
""")

PLACE_ENDINGS = _words("""
ton ley ham ford worth wood by field den well wick bury shaw bridge man thorpe bourne croft gate stead side
land combe head dale low brook ridge hill er stone hurst more mere bank wright church ell ing ington ingham erley
""")

#: Beginnings, middles and endings of the rarer surnames of other communities.
SYLLABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "irish": (
        _words(
            "Mc Mac O' Mul Gil Kil Fitz Con Don Bren Cor Cos Dev Fin Flan Gal Hal Har Hen Kear Lan Len Mol Ran Shan"
        ),
        _words("gan nelly ney rigan lin nahan kin rick ligan verty loney nessy daid ryan garry nulty cann loon tigue"),
    ),
    "scottish": (
        _words("Mac Mc Aber Auch Bal Car Dal Dun Fin Glen Inver Kil Kin Kirk Len Loch Pit Ruther Strath Tor"),
        _words("allister chie craig deen donell dour ennan fie gavin irvine kenna lellan ness rae rose ston vie wick"),
    ),
    "east_european": (
        _words(
            "Bogd Bor Cher Czar Dab Dob Gaj Gol Grab Hal Jas Kal Klim Kos Krup Kuch Lip Luk Mal Mil Niem Ost Pol Rad"
        ),
        _words(
            "anski arek asiak ecki enko escu ewicz icki iewicz inski iuk ka kowski nik ov ovich owski uk ynski auskas"
        ),
    ),
    "muslim_asian": (
        _words(
            "Abd Akb Am An Ar As Az Bad Fak Far Gaf Had Ham Jab Jal Kar Lat Maj Man Mun Nas Naz Qas Rah Raz Sab Saj Tal"
        ),
        _words("ar air al an at eem een ib id if il im ir is ood oor ud ul ullah uddin yani zada war"),
    ),
    "indian": (
        _words("Bhan Bhat Chak Chand Dal Dav Gan God Gok Jad Kan Kav Lal Man Nak Nar Pan Raj Ram Sav Sud Tan Vad Vis"),
        _words("ani ari avat bole dar dhi ekar eria esh iya kar lani mani nathan ora pathi rani vadi wala wani"),
    ),
    "west_african": (
        _words(
            "Ade Aki Aya Baba Chi Dan Eke Fola Ike Iwu Kwa Nwa Oba Oda Oge Ogu Oko Olu Omo Onye Osa Owo Sey Ugo Uzo"
        ),
        _words(
            "bayo biyi bola chi dele diran fe goke kunle kwe lade mba nda niyi ogu ola rinde sanya tola wale yinka zie"
        ),
    ),
    "east_african": (
        _words("Abu Ama Bar Bir Dah Der Ga Gir Ha Ji Kar Ki Lu Ma Mu Na Nya Nki Om Ru Sa Shi Ta Wa We"),
        _words("bi bowa chi gisha guta hane kiru kura madi mbe mo nda ndo ne rere riuki sha tegi wende yo zimba"),
    ),
    "middle_eastern": (
        _words("Abd Af Ak Al- Ba Bah Bar Der Es Far Gha Haj Ja Kar Ko Mir Na Or Pour Ra Sar Sha Tah Ul Ya Za"),
        _words(
            "abi adi afi akan alan ami an ari asi bari dari ei emi ghi han idi jani lou mani our rani san tari zadeh"
        ),
    ),
    "chinese": (
        _words("Ba Cai Che Cui Dai Deng Du Fan Fu Gao Gu He Hu Jia Kwok Lai Lu Mok Pang Qian Ren Shi Tam Tian Wei Yao"),
        ("", "n", "ng"),
    ),
}

#: Rare forenames are composed of these.
FORENAME_STEMS = _words(
    "Al Bar Bran Cal Dan Del Dor Ed Fel Gar Har Jan Jar Kal Kay Kor Lor Mar Mor Ral Sha Tal Ty Ver Zan"
)
MALE_ENDINGS = _words("an ard bert den don en ick iel in ius ley mond on rell rick ron roy ton vin win")
FEMALE_ENDINGS = _words("a anna elle een ella erie ette iah ice ina ine isha issa lene leigh lyn ora queline thea ya")

#: Forename -> forms used among friends and on paper alike.
NICKNAMES: dict[str, tuple[str, ...]] = {
    name: tuple(forms.split("|"))
    for name, forms in (
        pair.split(":")
        for pair in """
William:Bill|Billy|Will Robert:Bob|Rob|Bobby|Robbie Richard:Rick|Dick|Richie James:Jim|Jimmy|Jamie John:Jack|Johnny
Michael:Mike|Mick|Mickey Thomas:Tom|Tommy Anthony:Tony|Ant Antony:Tony Andrew:Andy|Drew Christopher:Chris|Kris
David:Dave|Davey Daniel:Dan|Danny Stephen:Steve Steven:Steve|Stevie Matthew:Matt|Matty Joseph:Joe|Joey
Edward:Ed|Eddie|Ted Benjamin:Ben Samuel:Sam|Sammy Nicholas:Nick|Nicky Jonathan:Jon|Jonny Philip:Phil
Gregory:Greg Kenneth:Ken|Kenny
Ronald:Ron|Ronnie Donald:Don Raymond:Ray Terence:Terry Frederick:Fred|Freddie Albert:Bert|Al Alfred:Alf|Fred
Arthur:Art Charles:Charlie|Chas Francis:Frank Geoffrey:Geoff Gerald:Gerry Jeffrey:Jeff Leonard:Len|Lenny Leslie:Les
Martin:Marty Patrick:Pat|Paddy Peter:Pete Stanley:Stan Stuart:Stu Sidney:Sid Timothy:Tim Trevor:Trev Victor:Vic
Walter:Wally Alexander:Alex|Sandy Alan:Al Bernard:Bernie Clifford:Cliff Desmond:Des Douglas:Doug Gareth:Gaz Gary:Gaz
Graham:Gray Harold:Harry Henry:Harry|Hal Joshua:Josh Jacob:Jake Kevin:Kev Lawrence:Larry Laurence:Larry Lewis:Lew
Nathan:Nate Norman:Norm Oliver:Ollie Reginald:Reg Simon:Si Vincent:Vince Zachary:Zak Bradley:Brad Cameron:Cam
Dominic:Dom Elizabeth:Liz|Beth|Lizzie|Betty Margaret:Maggie|Peggy|Meg Catherine:Cathy|Kate|Cath
Katherine:Kate|Kathy|Katie Kathleen:Kath|Kathy Patricia:Pat|Trish Susan:Sue Deborah:Debbie|Deb Christine:Chris|Chrissie
Jacqueline:Jackie
Jennifer:Jenny|Jen Rebecca:Becky|Becca Victoria:Vicky|Tori Samantha:Sam Stephanie:Steph Danielle:Dani Natalie:Nat
Nicola:Nicky Alexandra:Alex|Sandra Amanda:Mandy Barbara:Barb Abigail:Abi|Abbie Bethany:Beth Charlotte:Charlie|Lottie
Dorothy:Dot Eleanor:Ellie|Nell Gillian:Gill Hannah:Han Jessica:Jess Joanne:Jo Josephine:Jo|Josie Judith:Judy
Kimberley:Kim Leanne:Lea Louise:Lou Maureen:Mo Melanie:Mel Melissa:Mel Michelle:Shell Pamela:Pam Rachel:Rach
Sandra:Sandy Sarah:Sadie Sophie:Soph Teresa:Terri|Tess Theresa:Terri|Tess Valerie:Val Yvonne:Eve Zoe:Zo Gemma:Gem
Lauren:Loz Kelly:Kel Sharon:Shaz Tracey:Trace Mohammed:Mo Abdul:Abs Gurpreet:Gurps Harpreet:Harps Krzysztof:Kris
Tomasz:Tom Piotr:Peter Pawel:Paul Andrzej:Andrew Michal:Mike Katarzyna:Kasia Malgorzata:Gosia Agnieszka:Aga
Magdalena:Magda Aleksandra:Ola Emmanuel:Manny Nathaniel:Nat Oluwaseun:Seun Chukwuemeka:Emeka Siobhan:Shiv Bridget:Bridie
""".split()
    )
}

#: One name, several spellings in the Latin alphabet.
TRANSLITERATIONS: tuple[tuple[str, ...], ...] = tuple(
    tuple(group.split("|"))
    for group in """
Mohammed|Muhammad|Mohammad|Mohamed|Muhammed|Mohamad Hussain|Hussein|Husain|Hossain Ahmed|Ahmad Mahmood|Mahmud|Mehmood
Yusuf|Yousaf|Yousuf|Yusef Omar|Umar|Omer Usman|Osman|Uthman Ibrahim|Ebrahim Hassan|Hasan Khalid|Khaled Tariq|Tarik
Imran|Emran Abdul|Abdool Sheikh|Shaikh|Sheik Chaudhry|Chaudhary|Choudhry Choudhury|Chowdhury|Chaudhury Siddique|Siddiqui
Iqbal|Eqbal Rahman|Rehman Uddin|Udin Miah|Mia Begum|Begom Hoque|Haque|Huq Aisha|Ayesha|Aysha Fatima|Fatimah|Fatema
Khadija|Khadijah Zainab|Zaynab|Zeinab Maryam|Mariam|Miriam Yasmin|Yasmeen Singh|Sing Sandhu|Sandu Dhillon|Dillon
Gill|Gil Kowalski|Kovalski Wojcik|Woycik Nguyen|Nguyn Aleksandra|Alexandra Wiktor|Viktor Dimitar|Dimiter Georgi|Georgy
Abdi|Abdy
Mohamud|Mahamud Farah|Farrah Jama|Jamma Warsame|Warsama Hosseini|Husseini Karimi|Kareemi Mustafa|Mostafa|Mustapha
Mehdi|Mahdi Reza|Riza Amir|Ameer|Aamir Nadeem|Nadim Saleem|Salim Kareem|Karim Rashid|Rasheed Hamid|Hameed Majid|Majeed
Stephen|Steven Philip|Phillip Geoffrey|Jeffrey Alan|Allan|Allen Ann|Anne Catherine|Katherine|Kathryn Sarah|Sara
Jonathan|Jonathon|Johnathan Stuart|Stewart Lindsay|Lyndsey|Lindsey Graham|Graeme Sean|Shaun|Shawn Claire|Clare|Clair
Tracey|Tracy Lesley|Leslie Antony|Anthony Conor|Connor Hayley|Hailey Kerry|Kerrie Darren|Daren Neil|Neal Mark|Marc
Brian|Bryan Carl|Karl Nicholas|Nicolas Clarke|Clark Reid|Reed|Read Thompson|Thomson Davies|Davis Phillips|Philips
Brooks|Brookes Matthews|Mathews Stephens|Stevens Elliott|Elliot|Eliott Griffiths|Griffith Smith|Smyth|Smythe
Lawrence|Laurence O'Neill|O'Neil Doherty|Docherty|Dougherty McDonald|MacDonald|Macdonald Walsh|Welsh Byrne|Byrnes
""".split()
)
